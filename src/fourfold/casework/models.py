"""Every model of casework, gathered where Django looks for them."""

from fourfold.casework.assessments import EqualityAssessment
from fourfold.casework.audit import Entry, Head, Key
from fourfold.casework.campaigns import (
    Campaign,
    CampaignReturn,
    CampaignVictim,
    ProtectActivity,
    Questionnaire,
    ReachReturn,
)
from fourfold.casework.care_cases import CareCase, CareStep, Stock
from fourfold.casework.case_audits import AuditAction, DrawnAudit, DrawnRecord, RecordMark
from fourfold.casework.cocoons import Cocoon, CocoonHome, CocoonStreet, CocoonVisit
from fourfold.casework.complaint_tags import ComplaintTag
from fourfold.casework.decisions import PersonDecision
from fourfold.casework.drafts import Draft, Edition
from fourfold.casework.events import Event
from fourfold.casework.fraud_cases import FraudCase, FraudStep
from fourfold.casework.fraud_returns import FraudReturn
from fourfold.casework.handouts import HandOut, HandOutTaking
from fourfold.casework.handovers import HandedOver, Handover
from fourfold.casework.intelligence_questions import IntelligenceAnswer, OwnedQuestion
from fourfold.casework.officers import Grant, Officer
from fourfold.casework.patrols import PatrolPlan, PatrolStop, PatrolVisit
from fourfold.casework.rights import RightsRequest
from fourfold.casework.saved_views import SavedView
from fourfold.casework.service_recovery import ServiceRecovery
from fourfold.casework.sites import PartnerRequest, Site, SiteVisit
from fourfold.casework.themes import LocalTheme, ThemeReading
from fourfold.casework.uploads import Upload
from fourfold.casework.victims_plan import CodeReturn, PlanAction, PlanStep

__all__ = [
    "AuditAction",
    "Campaign",
    "CampaignReturn",
    "CampaignVictim",
    "CareCase",
    "CareStep",
    "Cocoon",
    "CocoonHome",
    "CocoonStreet",
    "CocoonVisit",
    "CodeReturn",
    "ComplaintTag",
    "Draft",
    "DrawnAudit",
    "DrawnRecord",
    "Edition",
    "Entry",
    "EqualityAssessment",
    "Event",
    "FraudCase",
    "FraudReturn",
    "FraudStep",
    "Grant",
    "HandOut",
    "HandOutTaking",
    "HandedOver",
    "Handover",
    "Head",
    "IntelligenceAnswer",
    "Key",
    "LocalTheme",
    "Officer",
    "OwnedQuestion",
    "PartnerRequest",
    "PatrolPlan",
    "PatrolStop",
    "PatrolVisit",
    "PersonDecision",
    "PlanAction",
    "PlanStep",
    "ProtectActivity",
    "Questionnaire",
    "ReachReturn",
    "RecordMark",
    "RightsRequest",
    "SavedView",
    "ServiceRecovery",
    "Site",
    "SiteVisit",
    "Stock",
    "ThemeReading",
    "Upload",
]
